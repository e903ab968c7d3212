// The processes of another project's test suite preload this module. It signs and traces every request, and instruments
// every library.
//
//   NODE_OPTIONS="--import=file:///.../test/suites/everything-on.js"
//
//   OSPROFILER_SUITES_MOUNT=server     every node:http and HTTP/2 server is served by our request tracer (default)
//   OSPROFILER_SUITES_MOUNT=adapter    our adapter is mounted first in every Express, Koa and Fastify application
//   OSPROFILER_SUITES_PROPAGATE=off    outgoing requests and messages carry no headers
//   OSPROFILER_SUITES_LEAVE_OUT=a,b    instruments that stay off, to find the instrument that causes a difference
//   OSPROFILER_SUITES_POINTS=file      a file for the name of every point, one per line

import { openSync, writeSync } from 'node:fs'
import { INSTRUMENT_NAMES } from '@osprofiler/instruments'
import { setup } from '@osprofiler/node'
import { giveLibraries } from './give-libraries.js'
import { mountAdapters } from './mount-adapters.js'
import { serveTraced, signRequests } from './signed-servers.js'
import { traceTests } from './trace-tests.js'

const HMAC_KEY = 'suites'
const {
  OSPROFILER_SUITES_MOUNT: mount = 'server',
  OSPROFILER_SUITES_PROPAGATE: propagate,
  OSPROFILER_SUITES_LEAVE_OUT: leftOut = '',
  OSPROFILER_SUITES_POINTS: pointsFile,
} = process.env

// Names are written immediately, because some test runners kill their processes.
const file = pointsFile === undefined ? undefined : openSync(pointsFile, 'a')
const instruments = [...INSTRUMENT_NAMES, 'express', 'fastify', 'koa'].filter(
  name => !leftOut.split(',').includes(name),
)
setup({
  hmacKeys: HMAC_KEY,
  instruments,
  traceSql: 'values',
  notifier: count,
  ...(propagate === 'off' ? { propagateTo: [], messages: { propagate: false } } : {}),
})

if (mount === 'adapter') {
  signRequests(HMAC_KEY)
  mountAdapters(HMAC_KEY)
} else {
  serveTraced(HMAC_KEY)
}

giveLibraries({ traceSql: 'values' })
traceTests(HMAC_KEY)

function count({ name }) {
  if (file !== undefined && name.endsWith('-start')) writeSync(file, `${name.slice(0, -6)}\n`)
}
