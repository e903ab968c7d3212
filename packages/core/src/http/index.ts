export type { HttpOptions, NodeRequest } from './http-options.js'
export type { RefusalReason } from './refusals.js'
export { createRequestTracer, type RequestStats, type RequestTracer } from './request-tracer.js'
export { failRequest, type NodeResponse, type ServedRequest, servedRequest } from './served-request.js'
