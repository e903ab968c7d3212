import { createPoints } from './point.js'

export { COUNT } from './point.js'

/**
 * Creates a point that is too expensive, because each record is copied with JSON. The check's self-test measures this
 * point.
 */
export function createWorkload() {
  return createPoints('point-with-copies', record => JSON.parse(JSON.stringify(record)))
}
