# The image of activityd: the binary, and what vouches for certificates.
FROM node:22-slim AS web
WORKDIR /src
COPY . .
RUN cd web && npm ci && npm run build && npm run build-client

FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY --from=web /src .
ARG VERSION=unknown
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-X main.version=$VERSION" -o /activityd ./cmd/activityd && mkdir /data

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /activityd /activityd
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
ENV ACTIVITYD_LISTEN=:3000 ACTIVITYD_DATA_DIR=/data
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["/activityd", "healthcheck"]
ENTRYPOINT ["/activityd"]
CMD ["serve"]
