import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { describeDriver } from './driver-contract.js'
import { temporaryDirectory } from './temporary-directory.js'

describeDriver('sqlite', () => `sqlite:///${join(temporaryDirectory(), 'state', 'traces.db')}`)
describeDriver('file', () => `file://${join(temporaryDirectory(), 'traces')}`)
describeDriver('memory', () => `memory://${randomUUID()}`)
