import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describeDriver } from './driver-contract.js'
import { temporaryDirectory } from './temporary-directory.js'

describeDriver('sqlite', () => `sqlite:///${join(temporaryDirectory(), 'state', 'traces.db')}`)
describeDriver('file', () => pathToFileURL(join(temporaryDirectory(), 'traces')).href)
describeDriver('memory', () => `memory://${randomUUID()}`)
