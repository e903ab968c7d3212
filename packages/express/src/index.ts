export { osprofilerErrorHandler } from './osprofiler-error-handler.js'
export { type OsprofilerMiddleware, osprofilerMiddleware } from './osprofiler-middleware.js'
