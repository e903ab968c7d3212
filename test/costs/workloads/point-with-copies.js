import { createPoints } from './point.js'

export { COUNT } from './point.js'

/**
 * Creates a point that is too expensive, because JSON copies each record. The self-test of the check measures this
 * point.
 */
export function createWorkload() {
  return createPoints('point-with-copies', record => JSON.parse(JSON.stringify(record)))
}
