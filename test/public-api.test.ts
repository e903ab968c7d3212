import * as core from '@osprofiler/core'
import * as http from '@osprofiler/core/http'
import * as coreRpc from '@osprofiler/core/rpc'
import * as toolkit from '@osprofiler/core/toolkit'
import * as drivers from '@osprofiler/drivers'
import * as express from '@osprofiler/express'
import * as fastify from '@osprofiler/fastify'
import * as instruments from '@osprofiler/instruments'
import * as koa from '@osprofiler/koa'
import * as node from '@osprofiler/node'
import * as report from '@osprofiler/report'
import * as rpc from '@osprofiler/rpc'
import * as viewer from '@osprofiler/viewer'
import * as viewerServer from '@osprofiler/viewer/server'
import { describe, expect, it } from 'vitest'

/** What others rely on: a name is added here on purpose, and none goes by accident. */
const PUBLIC: Record<string, { readonly module: object; readonly names: readonly string[] }> = {
  '@osprofiler/core': {
    module: core,
    names: [
      'KeyRing',
      'OsprofilerError',
      'Trace',
      'bind',
      'checkEnvironment',
      'checkOptionNames',
      'clean',
      'configure',
      'createNotifier',
      'createTraceId',
      'get',
      'getNotifier',
      'getTraceIdHeaders',
      'init',
      'isEnabled',
      'isErrorRecord',
      'readSwitch',
      'recordErrorAs',
      'redactQuery',
      'run',
      'setNotifier',
      'signedPack',
      'signedUnpack',
      'start',
      'stop',
      'suppress',
      'trace',
      'traceClass',
      'withTrace',
    ],
  },
  '@osprofiler/core/http': { module: http, names: ['createRequestTracer', 'failRequest', 'servedRequest'] },
  '@osprofiler/core/rpc': {
    module: coreRpc,
    names: ['configuredKeyRing', 'createCallTracer', 'readCarrier', 'writeCarrier'],
  },
  '@osprofiler/core/toolkit': {
    module: toolkit,
    names: [
      'AbortController',
      'AbortSignal',
      'AggregateError',
      'Array',
      'ArrayBuffer',
      'Atomics',
      'BigInt',
      'Boolean',
      'Buffer',
      'DOMException',
      'Date',
      'Error',
      'FinalizationRegistry',
      'Function',
      'Int32Array',
      'JSON',
      'Map',
      'Math',
      'Number',
      'Object',
      'Promise',
      'Proxy',
      'RangeError',
      'Reflect',
      'RegExp',
      'Set',
      'SharedArrayBuffer',
      'String',
      'Symbol',
      'TextDecoder',
      'TextEncoder',
      'TypeError',
      'URL',
      'URLSearchParams',
      'Uint8Array',
      'WeakMap',
      'WeakRef',
      'WeakSet',
      'btoa',
      'clearImmediate',
      'clearInterval',
      'clearTimeout',
      'dateNow',
      'decodeURIComponent',
      'emitWarning',
      'encodeURIComponent',
      'fetch',
      'performance',
      'process',
      'queueMicrotask',
      'setImmediate',
      'setInterval',
      'setTimeout',
    ],
  },
  '@osprofiler/express': { module: express, names: ['osprofilerErrorHandler', 'osprofilerMiddleware'] },
  '@osprofiler/koa': { module: koa, names: ['osprofilerMiddleware'] },
  '@osprofiler/fastify': { module: fastify, names: ['default', 'module.exports', 'osprofiler'] },
  '@osprofiler/drivers': { module: drivers, names: ['openDriver'] },
  '@osprofiler/report': {
    module: report,
    names: [
      'buildReport',
      'correctSkew',
      'createRepetitionKey',
      'criticalPath',
      'diffReports',
      'escapeControl',
      'exportOtlp',
      'exportPerfetto',
      'exportSpeedscope',
      'formatCount',
      'formatDuration',
      'formatShare',
      'matchPoints',
      'parseRecords',
      'pointDetail',
      'pointText',
      'readReport',
      'readTraceFile',
      'regressions',
      'renderDiff',
      'renderDot',
      'renderTree',
      'repeatedDetail',
      'reportJson',
      'reportJsonChunks',
      'selfTimes',
      'statistics',
      'summarize',
    ],
  },
  '@osprofiler/instruments': { module: instruments, names: ['INSTRUMENT_NAMES', 'createPropagation', 'instrument'] },
  '@osprofiler/rpc': { module: rpc, names: ['createRunTraced', 'injectTrace', 'runTraced'] },
  '@osprofiler/viewer/server': { module: viewerServer, names: ['createViewer'] },
  '@osprofiler/viewer': { module: viewer, names: ['pageTemplate', 'pageTheme', 'renderPage'] },
  '@osprofiler/node': { module: node, names: ['setup'] },
}

describe('the public API', () => {
  it.each(Object.entries(PUBLIC))('of %s is what it says', (_, { module, names }) => {
    expect(Object.keys(module).sort()).toEqual([...names].sort())
  })
})
