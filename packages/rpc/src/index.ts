export { type InjectOptions, injectTrace } from './inject-trace.js'
export { type Call, createRunTraced, type RunTraced, runTraced, type TraceContext } from './run-traced.js'
