"""The report: built, loaded, merged, analysed, rendered."""
