"""One kind of job: a prediction. What crosses the queue, the main side that submits it, the worker side that runs it."""
