# The portal's image: web, relay, consumer and timers are the same image with other commands.
# PYTHON is the oldest version that the project supports, the one the lock files are made for.
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
WORKDIR /app
COPY requirements.txt requirements-dev.txt requirements-node.txt package.json package-lock.json ./
COPY portal/__init__.py portal/
COPY portal/local/ portal/local/
# The same set-up as `make run`: hashes checked, only the assets that pages use.
RUN python -m portal.local.bootstrap run
COPY manage.py ./
COPY portal/ portal/
COPY referrals/ referrals/
COPY integrations/ integrations/
COPY templates/ templates/
# DEMO only lets the settings load without keys; nothing of it is copied to the image below.
RUN DEMO=true .venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="tandem"
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
# What draws the text of a PDF, and its typeface.
RUN apt-get update -q \
    && apt-get install -yq --no-install-recommends libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 tandem \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin tandem \
    && mkdir -p /data /run/tandem \
    && chown tandem:tandem /data
WORKDIR /app
COPY --from=build /app/.venv/ .venv/
COPY --from=build /app/var/static/ var/static/
COPY manage.py ./
COPY portal/ portal/
COPY referrals/ referrals/
COPY integrations/ integrations/
COPY templates/ templates/
# Settings that the stack's one-shot `setup` made; the environment wins over them.
RUN ln -s /run/tandem/portal.env .env
USER tandem
EXPOSE 8443
CMD ["gunicorn", "-c", "python:portal.gunicorn", "--no-control-socket", "portal.wsgi"]
