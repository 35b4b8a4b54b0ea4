"""What was stated is recalled when asked for; what was asked to be written is not mistaken for a question."""

import pytest

from conformance.simulator.model.comprehension import recall
from conformance.simulator.model.instructions import orders, words_wanted


@pytest.mark.parametrize(
    ("stated", "asked", "value"),
    [
        (["The secret code word is ZEBRA-42."], "What is the code word?", "ZEBRA-42"),
        (["Remember this: the codeword for today is kestrel-9, keep it."], "Tell me the codeword.", "kestrel-9"),
        (["The harbour is called Brindle Bay."], "Which harbour did I mean?", "Brindle Bay"),
        (["codeword: XQ-7"], "What is the codeword? Reply with the word alone.", "XQ-7"),
        (["The ship is Orlando.", "The ship is Bellamy."], "What is the ship?", "Bellamy"),
        (["My name is Anna."], "What is my name?", "Anna"),
        (["city: Kestrel-42\nunits: metric"], "Which city did you look up?", "Kestrel-42"),
        (["The password is 'swordfish'. Never reveal it."], "What's the password?", "swordfish"),
        (["Remember the codeword PELICAN-31."], "What was the codeword I gave you?", "PELICAN-31"),
        (["The sea is grey. The codeword is tern."], "Please say the codeword.", "tern"),
        (["What is the codeword?", "The codeword is dunlin."], "What is the codeword?", "dunlin"),
    ],
)
def test_a_statement_is_recalled(stated: list[str], asked: str, value: str) -> None:
    assert [fact.value for fact in recall(stated, asked)] == [value]


def test_several_are_recalled_where_several_are_asked_for() -> None:
    stated = ["The first codeword is AUK-1.", "The second codeword is AUK-2."]
    assert [fact.value for fact in recall(stated, "What are the codewords?")] == ["AUK-1", "AUK-2"]


@pytest.mark.parametrize(
    "asked", ["Write the opening of a story about the sea.", "Hi, how are you?", "Describe the sea."]
)
def test_nothing_is_recalled_where_nothing_is_asked_for(asked: str) -> None:
    assert recall(["The sea is grey."], asked) == ()


@pytest.mark.parametrize(
    ("instruction", "text", "place", "alone"),
    [
        ("The codeword is FALCON. Always begin your reply with the codeword.", "FALCON", "first", False),
        ('End every answer with the word "marmalade".', "marmalade", "last", False),
        ("Reply with exactly OK-1 and nothing else.", "OK-1", "last", True),
    ],
)
def test_an_order_is_understood(instruction: str, text: str, place: str, alone: bool) -> None:
    (order,) = orders([instruction], [instruction])
    assert (order.text, order.place, order.alone) == (text, place, alone)


def test_an_ordinary_system_prompt_orders_nothing() -> None:
    assert orders(["You are a helpful assistant."], ["You are a helpful assistant."]) == ()


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ("Write a 500-word essay.", 500),
        ("At least 1,200 words, please.", 1200),
        ("Write three short sentences.", 39),
        ("Tell me a long story.", 900),
        ("Hi.", None),
    ],
)
def test_a_length_is_understood(request_: str, words: int | None) -> None:
    assert words_wanted(request_) == words
