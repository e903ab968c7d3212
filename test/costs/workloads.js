/** The files in `workloads/` whose allocated bytes are counted. */
export const ALL_WORKLOADS = [
  'untraced',
  'traced',
  'point',
  'verification',
  'batch',
  'report',
  'express',
  'fastify',
  'koa',
]

/**
 * The workloads whose instructions are counted. All other workloads are left out, because under Valgrind the frameworks
 * take half a minute to load.
 */
export const FRAMEWORKLESS_WORKLOADS = ALL_WORKLOADS.slice(0, 6)
