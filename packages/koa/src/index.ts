export { type OsprofilerContext, type OsprofilerMiddleware, osprofilerMiddleware } from './osprofiler-middleware.js'
