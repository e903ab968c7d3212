export { type OsprofilerMiddleware, osprofilerMiddleware } from './osprofiler-middleware.js'
