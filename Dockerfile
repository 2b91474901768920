# syntax=docker/dockerfile:1
# Two stages: the first installs, the second only runs. ENGINE=cpu needs no GPU; ENGINE=gpu wants the NVIDIA runtime.

FROM python:3.11-slim-bookworm AS build
ARG ENGINE=cpu
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
RUN python -m venv /venv && /venv/bin/pip install uv==0.13.9
COPY pyproject.toml constraints.txt overrides.txt README.md LICENSE NOTICE ./
COPY bots bots
COPY core core
COPY inference inference
# The variable is empty or two words, so it must not be quoted.
# hadolint ignore=SC2086
RUN backend=""; if [ "$ENGINE" = cpu ]; then backend="--torch-backend cpu"; fi; \
    /venv/bin/uv pip install --python /venv/bin/python --no-cache --compile-bytecode ${backend} \
      --override overrides.txt --constraint constraints.txt ".[${ENGINE}]"

FROM python:3.11-slim-bookworm
# vLLM's CPU build computes with OpenMP.
RUN apt-get update && apt-get install --no-install-recommends --yes libgomp1=12.* libnuma1=2.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 storycircle \
    && install --directory --owner=storycircle /data
COPY --from=build /venv /venv
USER 10001
WORKDIR /data
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite+aiosqlite:////data/storycircle.db \
    HEALTH_PORT=8080
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["python", "-m", "bots"]
CMD ["play"]
