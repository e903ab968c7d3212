import { createNotifier, getNotifier } from '@osprofiler/core'
import { osprofilerMiddleware as express } from '@osprofiler/express'
import { osprofiler as fastifyPlugin } from '@osprofiler/fastify'
import { type AskedInstrument, type InstrumentName, type InstrumentOptions, instrument } from '@osprofiler/instruments'
import { osprofilerMiddleware as koa } from '@osprofiler/koa'
import { type SetupOptions, setup } from '@osprofiler/node'
import { createRunTraced } from '@osprofiler/rpc'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'

/** Values that JavaScript callers may pass, by type. */
const VALUES = {
  null: null,
  number: 5,
  NaN: Number.NaN,
  negative: -1,
  bigint: 1n,
  boolean: true,
  text: 'SEALED',
  'empty text': '',
  symbol: Symbol('SEALED'),
  function: () => undefined,
  object: { SEALED: 1 },
  list: ['SEALED'],
  'list of null': [null],
} as const

type Kind = keyof typeof VALUES

/** An option, and the types of values that it accepts. */
type Row = readonly [option: string, ...taken: readonly Kind[]]

const NUMBER_ROWS = ['maxTraceAge', 'maxTracesPerSecond', 'maxPointsPerTrace'].map((name): Row => [name, 'number'])
const LIMIT_ROWS: readonly Row[] = [
  ...NUMBER_ROWS,
  ['name', 'text', 'empty text'],
  ['enabled', 'boolean'],
  ['datedTracesOnly', 'boolean'],
  ['ignore', 'function'],
  ['onRefused', 'function'],
  ['noSuchOption'],
]
const MIDDLEWARE_ROWS: readonly Row[] = [...LIMIT_ROWS, ['hideQuery', 'boolean']]
const INSTRUMENT_ROWS: readonly Row[] = [
  ['propagateTo', 'text', 'empty text', 'function', 'list'],
  ['traceSql'],
  ['messages'],
  ['libraries'],
  ['noSuchOption'],
]
const KEYS_ROW: Row = ['hmacKeys', 'text', 'list']

/** The functions that accept options, each with a function that passes it one option. */
const OPTION_TAKERS: readonly [
  taker: string,
  rows: readonly Row[],
  take: (options: Record<string, unknown>) => unknown,
][] = [
  [
    'setup()',
    [
      KEYS_ROW,
      ...INSTRUMENT_ROWS,
      ...['project', 'service'].map((name): Row => [name, 'text', 'empty text']),
      ...['enabled', 'filterErrorTrace'].map((name): Row => [name, 'boolean']),
      ['redact', 'function'],
      ['instruments'],
      ['driver'],
    ],
    options => setUp('driver' in options ? options : { notifier: () => undefined, ...options }),
  ],
  ['setup() with a notifier instead of a store', [['notifier', 'function']], setUp],
  ['setup() with a store', [['notifierOptions']], options => setUp({ connectionString: 'memory://', ...options })],
  ['instrument()', INSTRUMENT_ROWS, options => instrument([], options as InstrumentOptions)()],
  [
    'the messages option of instrument()',
    [...LIMIT_ROWS, ['propagate', 'boolean', 'function']],
    messages => instrument([], { messages })(),
  ],
  [
    'the libraries option of instrument()',
    [['pg'], ['ioredis'], ['koa', 'function'], ['postgres', 'function'], ['redis']],
    libraries => instrument([], { libraries })(),
  ],
  ['the middleware for Express', MIDDLEWARE_ROWS, options => express('KEY', options)],
  ['the middleware for Koa', MIDDLEWARE_ROWS, options => koa('KEY', options)],
  [
    'the plugin for Fastify',
    [...MIDDLEWARE_ROWS, KEYS_ROW],
    options => fastify().register(fastifyPlugin, options).ready(),
  ],
  ['createRunTraced()', LIMIT_ROWS, options => createRunTraced('KEY', options)],
  [
    'createNotifier()',
    [
      ...['maxRecords', 'maxBytes', 'batchSize', 'batchBytes', 'flushAfter', 'minBackoff', 'maxBackoff'].map(
        (name): Row => [name, 'number'],
      ),
      ['noSuchOption'],
    ],
    options =>
      createNotifier({ name: 'none', write: async () => undefined, close: async () => undefined }, options).close(),
  ],
]

function setUp(options: Record<string, unknown>): unknown {
  return setup({ instruments: [], ...options } as SetupOptions).close()
}

/** Returns the error that a call throws or rejects with. */
async function captureFailure(take: () => unknown): Promise<unknown> {
  try {
    await take()
    return undefined
  } catch (error) {
    return error
  }
}

/** Phrases in V8's own error messages about our code, which do not tell users what they did wrong. */
const ENGINE_MESSAGE_PATTERN = /undefined|Cannot|is not a function|not iterable|serialize|destructur|convert/

const CASES = OPTION_TAKERS.flatMap(([taker, rows, take]) =>
  rows.map(([option, ...taken]) => ({ taker, option, taken, take })),
)

describe('an option', () => {
  it.each(CASES)(
    '$option of $taker is rejected with a message of OSProfiler, not of V8, if its type is wrong',
    async one => {
      const { option, taken, take } = one
      const before = getNotifier()

      for (const [kind, value] of Object.entries(VALUES)) {
        if (taken.includes(kind as Kind)) continue
        const error = await captureFailure(() => take({ [option]: value }))

        expect(error, kind).toBeInstanceOf(TypeError)
        const { message } = error as TypeError
        expect(message).not.toMatch(ENGINE_MESSAGE_PATTERN)
        expect(message.length).toBeGreaterThan(20)
        expect(getNotifier()).toBe(before)
      }
    },
  )

  it.each(CASES.filter(({ taken }) => taken.length > 0))('$option of $taker may be $taken', async one => {
    for (const kind of one.taken) {
      expect(await captureFailure(() => one.take({ [one.option]: VALUES[kind] })), kind).toBeUndefined()
    }
  })
})

describe('an argument', () => {
  it.each(Object.keys(VALUES) as Kind[])(
    'of setup(), instrument() or the middleware is rejected if it should be an object with options, but is %s',
    async kind => {
      const value = VALUES[kind] as never
      const takes = [
        () => setup(value),
        () => instrument([], value),
        () => instrument(value),
        () => instrument(['fetch', value]),
        () => express('KEY', value),
        () => koa('KEY', value),
        () => createRunTraced('KEY', value),
      ]

      for (const error of await Promise.all(takes.map(captureFailure))) {
        expect(error).toBeInstanceOf(TypeError)
        expect((error as TypeError).message).not.toMatch(ENGINE_MESSAGE_PATTERN)
      }
    },
  )

  it.each(['', 'no scheme'])(
    'of setup() is rejected, and not shown, if it is the invalid connection string %j',
    async connectionString => {
      const error = await captureFailure(() => setUp({ connectionString }))

      expect(error).toMatchObject({ code: 'ERR_CONNECTION_STRING' })
      expect(String(error)).not.toContain('no scheme')
    },
  )

  it.each([
    [['+express', 'pg'], /with and without "\+".*before none/],
    [['+expres'], /"expres".*Known: .*express/],
    [['+'], /No instrument ""/],
  ])('is rejected by both setup() and instrument() if it is the list of instruments %j', (names, message) => {
    const wrong = names as AskedInstrument[]

    expect(() => instrument(wrong)).toThrow(message)
    expect(() => setup({ instruments: wrong, enabled: false })).toThrow(message)
  })

  it('of instrument() is rejected with a list of the known instruments if it names an unknown instrument', () => {
    const wrong = ['http', 'htpp'] as InstrumentName[]

    expect(() => instrument(wrong)).toThrow(/"htpp".*Known: .*http/)
  })
})
