// Sends commands with ioredis, IN_FLIGHT at a time: `node ioredis.js CONTENDER PORT IN_FLIGHT`.

import { createRequire } from 'node:module'
import { answerTimes } from '../answer.js'
import { createContender } from './contenders.js'

const [, , task, port, inFlight] = process.argv
const require = createRequire(import.meta.url)

const inContext = await createContender(task, [['ioredis']], () => {
  const { IORedisInstrumentation } = require('@opentelemetry/instrumentation-ioredis')
  return [new IORedisInstrumentation()]
})
const redis = new (require('ioredis').Redis)(Number(port), '127.0.0.1')
await redis.set('key', 'value')

answerTimes({
  [task]: count =>
    inContext(count, async () => {
      for (let done = 0; done < count; done += Number(inFlight)) {
        await Promise.all(Array.from({ length: Number(inFlight) }, () => redis.get('key')))
      }
    }),
})
