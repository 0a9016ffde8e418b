// Starts the explorer on the service's own description. Whatever would leave
// the origin is off: fonts, telemetry, proxies, hosted services.
Scalar.createApiReference('#explorer', {
  url: '/docs/openapi.yaml',
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  metaData: { title: 'The API of activityd' },
  orderSchemaPropertiesBy: 'preserve',
  proxyUrl: '',
  showDeveloperTools: 'never',
  telemetry: false,
  withDefaultFonts: false,
});
