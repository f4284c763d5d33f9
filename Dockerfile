# Two stages: the toolchain stays behind; what runs is one binary, as nobody special.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
WORKDIR /build
# The dependencies alone first, so that a change of the source does not build them again.
COPY Cargo.toml Cargo.lock ./
COPY src/build.rs src/build.rs
RUN mkdir -p migrations && echo "fn main() {}" > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked && rm -r src migrations
COPY .cargo .cargo
COPY .sqlx .sqlx
COPY migrations migrations
COPY static static
COPY templates templates
COPY src src
RUN touch src/main.rs src/lib.rs && cargo build --release --locked

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --no-create-home trellis
COPY --from=build /build/target/release/trellis /usr/local/bin/trellis
USER 10001
ENV TRELLIS_LISTEN=0.0.0.0:3000 TRELLIS_LOG_JSON=true
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/3000; printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3; head -1 <&3 | grep -q ' 200 '"]
ENTRYPOINT ["trellis"]
CMD ["serve"]
