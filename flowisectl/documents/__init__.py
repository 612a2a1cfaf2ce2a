"""One kind of job: filling vector stores. What crosses the queue, the main side that submits it, the worker side that does it."""
