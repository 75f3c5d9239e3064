"""From the API to the engine's records and back.

Pure: `defaults` of the API server, `objects` and `written` for JSON in and out, `mapping` for where
a kind is served, `metricapis` and `metriclists` for the questions to the metric APIs and their
answers, `errortexts` for failures in client-go's words. With I/O: `discovering` asks what is
served, `reader` reads all that one HPA sees.

Times are seconds since the epoch, amounts milli-units.
"""
