import { createPoints } from './point.js'

export { COUNT } from './point.js'

/** A point that costs more than it should: each record is copied by way of JSON. The self-test of the check measures it. */
export function createWorkload() {
  return createPoints('point-with-copies', record => JSON.parse(JSON.stringify(record)))
}
