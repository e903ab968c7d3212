import { createHmac, createSecretKey } from 'node:crypto'
import { createTraceId, KeyRing, run, setNotifier, signedPack, signedUnpack, Trace } from '@osprofiler/core'
import { answerTimes } from '../answer.js'
import { callOften } from '../points/often.js'

setNotifier(() => {})

const KEY = 'SECRET_KEY'
const ring = new KeyRing(KEY)
const secret = createSecretKey(Buffer.from(KEY))
const traces = Array.from({ length: 1_024 }, () => ({ base_id: createTraceId(), parent_id: createTraceId() }))
const headers = traces.map(trace => signedPack(trace, KEY))

const pickAt = (list, i) => list[i % list.length]

answerTimes({
  verify: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    return signedUnpack(info, hmac, ring)
  }),
  // The least code that does the work: one HMAC, a comparison, and JSON decoded from base64.
  verifyBare: callOften(i => {
    const [info, hmac] = pickAt(headers, i)
    const matches = createHmac('sha1', secret).update(info).digest('hex') === hmac
    return matches ? JSON.parse(Buffer.from(info, 'base64').toString()) : undefined
  }),
  sign: callOften(i => signedPack(pickAt(traces, i), KEY)),
  // The key is a text, because `signedPack()` also gets a text.
  signBare: callOften(i => {
    const info = Buffer.from(JSON.stringify(pickAt(traces, i))).toString('base64')
    return [info, createHmac('sha1', KEY).update(info).digest('hex')]
  }),
  headers: count =>
    run({ hmacKey: KEY }, () => {
      const point = new Trace('point')
      return callOften(() => point.getTraceIdHeaders())(count)
    }),
  headersBare: callOften(i => {
    const info = Buffer.from(JSON.stringify(pickAt(traces, i))).toString('base64')
    return [info, createHmac('sha1', secret).update(info).digest('hex')]
  }),
  hmac: callOften(i => createHmac('sha1', secret).update(pickAt(headers, i)[0]).digest('hex')),
})
