import { measurePairs } from '../measure-pairs.js'

const SCRIPT = 'signatures/ours.js'
const LEAST_NAME = 'only HMAC and JSON'

/** Measures one signature, compared with the least code that does the same work. Returns lines of the summary. */
export function runOneSignature(effort) {
  return measurePairs(
    [
      {
        title: 'verifying a signature',
        own: [SCRIPT, 'verify'],
        besideTitle: LEAST_NAME,
        beside: [SCRIPT, 'verifyBare'],
      },
      { title: 'making a signature', own: [SCRIPT, 'sign'], besideTitle: LEAST_NAME, beside: [SCRIPT, 'signBare'] },
    ],
    effort,
  )
}
