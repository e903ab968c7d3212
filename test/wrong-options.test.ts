import { createNotifier, getNotifier } from '@osprofiler/core'
import { osprofilerMiddleware as express } from '@osprofiler/express'
import { osprofiler as fastifyPlugin } from '@osprofiler/fastify'
import { type AskedInstrument, type InstrumentName, type InstrumentOptions, instrument } from '@osprofiler/instruments'
import { osprofilerMiddleware as koa } from '@osprofiler/koa'
import { type SetupOptions, setup } from '@osprofiler/node'
import { createRunTraced } from '@osprofiler/rpc'
import fastify from 'fastify'
import { describe, expect, it } from 'vitest'

/** What JavaScript lets by, by what it is. */
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

/** An option, and which of the values it takes. */
type Row = readonly [option: string, ...taken: readonly Kind[]]

const NUMBERS = ['maxTraceAge', 'maxTracesPerSecond', 'maxPointsPerTrace'].map((name): Row => [name, 'number'])
const LIMITS: readonly Row[] = [
  ...NUMBERS,
  ['name', 'text', 'empty text'],
  ['enabled', 'boolean'],
  ['datedTracesOnly', 'boolean'],
  ['ignore', 'function'],
  ['onRefused', 'function'],
  ['noSuchOption'],
]
const MIDDLEWARE: readonly Row[] = [...LIMITS, ['hideQuery', 'boolean']]
const OF_INSTRUMENTS: readonly Row[] = [
  ['propagateTo', 'text', 'empty text', 'function', 'list'],
  ['traceSql'],
  ['messages'],
  ['libraries'],
  ['noSuchOption'],
]
const KEYS: Row = ['hmacKeys', 'text', 'list']

/** Whoever takes options, and how one of them is handed over. */
const TAKERS: readonly [taker: string, rows: readonly Row[], take: (options: Record<string, unknown>) => unknown][] = [
  [
    'setup()',
    [
      KEYS,
      ...OF_INSTRUMENTS,
      ...['project', 'service'].map((name): Row => [name, 'text', 'empty text']),
      ...['enabled', 'filterErrorTrace'].map((name): Row => [name, 'boolean']),
      ['redact', 'function'],
      ['instruments'],
      ['driver'],
    ],
    options => setUp('driver' in options ? options : { notifier: () => undefined, ...options }),
  ],
  ['setup() in place of a store', [['notifier', 'function']], setUp],
  ['setup() with a store', [['notifierOptions']], options => setUp({ connectionString: 'memory://', ...options })],
  ['instrument()', OF_INSTRUMENTS, options => instrument([], options as InstrumentOptions)()],
  [
    'messages of instrument()',
    [...LIMITS, ['propagate', 'boolean', 'function']],
    messages => instrument([], { messages })(),
  ],
  [
    'libraries of instrument()',
    [['pg'], ['ioredis'], ['koa', 'function'], ['postgres', 'function'], ['redis']],
    libraries => instrument([], { libraries })(),
  ],
  ['the middleware of Express', MIDDLEWARE, options => express('KEY', options)],
  ['the middleware of Koa', MIDDLEWARE, options => koa('KEY', options)],
  ['the plugin of Fastify', [...MIDDLEWARE, KEYS], options => fastify().register(fastifyPlugin, options).ready()],
  ['createRunTraced()', LIMITS, options => createRunTraced('KEY', options)],
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

/** What went wrong, at once or later. */
async function failureOf(take: () => unknown): Promise<unknown> {
  try {
    await take()
    return undefined
  } catch (error) {
    return error
  }
}

/** Words in which V8 speaks of our code, and no user can tell what he did. */
const OF_THE_ENGINE = /undefined|Cannot|is not a function|not iterable|serialize|destructur|convert/

const CASES = TAKERS.flatMap(([taker, rows, take]) =>
  rows.map(([option, ...taken]) => ({ taker, option, taken, take })),
)

describe('an option', () => {
  it.each(CASES)('of $taker, $option, is refused in words of its own where it is of a wrong kind', async one => {
    const { option, taken, take } = one
    const before = getNotifier()

    for (const [kind, value] of Object.entries(VALUES)) {
      if (taken.includes(kind as Kind)) continue
      const error = await failureOf(() => take({ [option]: value }))

      expect(error, kind).toBeInstanceOf(TypeError)
      const { message } = error as TypeError
      expect(message).not.toMatch(OF_THE_ENGINE)
      expect(message.length).toBeGreaterThan(20)
      expect(getNotifier()).toBe(before)
    }
  })

  it.each(CASES.filter(({ taken }) => taken.length > 0))('of $taker, $option, may be $taken', async one => {
    for (const kind of one.taken) {
      expect(await failureOf(() => one.take({ [one.option]: VALUES[kind] })), kind).toBeUndefined()
    }
  })
})

describe('what is given in place of options', () => {
  it.each(Object.keys(VALUES) as Kind[])(
    'to setup(), instrument() and the middlewares is refused as %s',
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

      for (const error of await Promise.all(takes.map(failureOf))) {
        expect(error).toBeInstanceOf(TypeError)
        expect((error as TypeError).message).not.toMatch(OF_THE_ENGINE)
      }
    },
  )

  it.each(['', 'no scheme'])('a connection string %j is refused without being shown', async connectionString => {
    const error = await failureOf(() => setUp({ connectionString }))

    expect(error).toMatchObject({ code: 'ERR_CONNECTION_STRING' })
    expect(String(error)).not.toContain('no scheme')
  })

  it.each([
    [['+express', 'pg'], /with and without "\+".*before none/],
    [['+expres'], /"expres".*Known: .*express/],
    [['+'], /No instrument ""/],
  ])('instruments %j are refused by both who take them', (names, message) => {
    const wrong = names as AskedInstrument[]

    expect(() => instrument(wrong)).toThrow(message)
    expect(() => setup({ instruments: wrong, enabled: false })).toThrow(message)
  })

  it('an unknown instrument is named beside those that there are', () => {
    const wrong = ['http', 'htpp'] as InstrumentName[]

    expect(() => instrument(wrong)).toThrow(/"htpp".*Known: .*http/)
  })
})
