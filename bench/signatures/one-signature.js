import { measurePairs } from '../measure-pairs.js'

const SCRIPT = 'signatures/ours.js'
const LEAST = 'HMAC and JSON alone'

/** One signature beside the least that does the work. Returns lines of the summary. */
export function runOneSignature(effort) {
  return measurePairs(
    [
      { title: 'a signature verified', own: [SCRIPT, 'verify'], besideTitle: LEAST, beside: [SCRIPT, 'verifyBare'] },
      { title: 'a signature made', own: [SCRIPT, 'sign'], besideTitle: LEAST, beside: [SCRIPT, 'signBare'] },
    ],
    effort,
  )
}
