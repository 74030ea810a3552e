# The whole local system in one container: both chains, issuer, oracle with its three signers, three attestors, the relayer.
# For development and demonstrations: its keys are published. Everything is installed by hash from the locks, as on a developer's machine.

FROM debian:bookworm-slim AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates python3 \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/lockstep

FROM base AS environment
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python3-venv \
 && rm -rf /var/lib/apt/lists/*
# Only what set-up reads, so that a change of a source does not install everything again.
COPY lockstep requirements.lock ./
COPY lockstep_cli/bootstrap lockstep_cli/bootstrap
COPY lockstep_cli/__init__.py lockstep_cli/__init__.py
COPY chains/devnet/package.json chains/devnet/package-lock.json chains/devnet/
RUN ./lockstep bootstrap-only

FROM base
RUN useradd --system --uid 10001 --home-dir /tmp --no-create-home lockstep
COPY --from=environment /opt/lockstep/.lockstep .lockstep
COPY --from=environment /opt/lockstep/chains/devnet/node_modules chains/devnet/node_modules
COPY . .
RUN install --directory --owner lockstep --mode 0700 .lockstep/run
USER lockstep
ENV HOME=/tmp \
    LOCKSTEP_ENV=dev \
    LOCKSTEP_HOST=0.0.0.0 \
    LOCKSTEP_SUBSTRATE_PORT=9944 \
    LOCKSTEP_EVM_PORT=8545 \
    LOCKSTEP_LOCAL_ISSUER_PORT=8443 \
    LOCKSTEP_LOCAL_ORACLE_PORT=8444 \
    LOCKSTEP_HEALTH_PORT=8080 \
    PYTHONDONTWRITEBYTECODE=1
EXPOSE 9944 8545 8443 8444 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 \
  CMD ["python3", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['LOCKSTEP_HEALTH_PORT'] + '/health', timeout=4)"]
ENTRYPOINT ["./lockstep"]
CMD ["up"]
