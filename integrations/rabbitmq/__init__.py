"""RabbitMQ through pika: the one place that knows the client library."""
