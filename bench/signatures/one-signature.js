import { measurePairs } from '../measure-pairs.js'

const SCRIPT = 'signatures/ours.js'
const LEAST_NAME = 'HMAC and JSON alone'

/** One signature beside the least that does the work. Returns lines of the summary. */
export function runOneSignature(effort) {
  return measurePairs(
    [
      {
        title: 'a signature verified',
        own: [SCRIPT, 'verify'],
        besideTitle: LEAST_NAME,
        beside: [SCRIPT, 'verifyBare'],
      },
      { title: 'a signature made', own: [SCRIPT, 'sign'], besideTitle: LEAST_NAME, beside: [SCRIPT, 'signBare'] },
    ],
    effort,
  )
}
