# The suite as a command: docker run --rm -e ANTHROPIC_API_KEY -v "$PWD/out:/out" IMAGE run --matrix minimax --output /out
FROM python:3.13-slim AS build
WORKDIR /suite
COPY . .
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --quiet --constraint requirements/lock.txt .

FROM python:3.13-slim
COPY --from=build /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
# Nobody in particular: whatever is written goes below a directory that is mounted.
USER 65532:65532
WORKDIR /tmp
ENTRYPOINT ["conformance"]
CMD ["--help"]
