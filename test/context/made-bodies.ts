import { createRequire } from 'node:module'
import { PassThrough, pipeline, Readable } from 'node:stream'
import { Minipass } from 'minipass'
import { Readable as StreamxReadable } from 'streamx'

type Rows = AsyncGenerator<Buffer>
const require = createRequire(import.meta.url)

/** Loads one of the versions of `readable-stream`, which have no types. */
function loadReadable(name: string): typeof Readable {
  return require(name).Readable
}

/** A function that creates a body from rows. Not every framework accepts every type of body. */
export interface MadeBody {
  readonly make: string
  readonly from: (rows: Rows) => object
  readonly isWeb?: true
}

function fromReadableClass(Class: typeof Readable) {
  return (rows: Rows): object =>
    new Class({
      read() {
        rows.next().then(
          ({ value, done }) => void this.push(done ? null : value),
          // In version 2 of readable-stream, `destroy` also ends the stream.
          error => void this.emit('error', error),
        )
      },
    })
}

function fromStreamx(rows: Rows): StreamxReadable {
  const stream: StreamxReadable = new StreamxReadable({
    read(done: (error: Error | null) => void) {
      rows.next().then(
        ({ value, done: isLast }) => {
          stream.push(isLast ? null : value)
          done(null)
        },
        error => done(error),
      )
    },
  })
  return stream
}

/** Writes rows until the stream is full, and continues when the stream drains. */
function fromMinipass(rows: Rows): Minipass {
  const stream = new Minipass()
  const write = async (): Promise<void> => {
    try {
      for (;;) {
        const { value, done } = await rows.next()
        if (done) return void stream.end()
        if (!stream.write(value)) return
      }
    } catch (error) {
      stream.emit('error', error)
    }
  }
  stream.on('drain', () => void write())
  void write()
  return stream
}

function toPullStream(rows: Rows): ReadableStream {
  return new ReadableStream({
    async pull(controller) {
      const { value, done } = await rows.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

// Node's types lack this function.
const webStreamFrom = Reflect.get(ReadableStream, 'from') as (rows: Rows) => ReadableStream

/** All types of streamed bodies. */
export const MADE_BODIES: readonly MadeBody[] = [
  { make: 'a Node stream', from: rows => Readable.from(rows) },
  {
    make: 'a pipeline of Node streams',
    from: rows => pipeline(Readable.from(rows), new PassThrough(), () => {}),
  },
  { make: 'readable-stream 2', from: fromReadableClass(loadReadable('readable-stream2')) },
  { make: 'readable-stream 3', from: fromReadableClass(loadReadable('readable-stream3')) },
  { make: 'readable-stream 4', from: fromReadableClass(loadReadable('readable-stream')) },
  { make: 'streamx', from: fromStreamx },
  { make: 'minipass', from: fromMinipass },
  { make: 'a web stream', isWeb: true, from: toPullStream },
  {
    make: 'a web stream from an iterator',
    isWeb: true,
    from: rows => Reflect.apply(webStreamFrom, ReadableStream, [rows]),
  },
  {
    make: 'a web stream made into a Node stream',
    from: rows => Readable.fromWeb(toPullStream(rows) as never),
  },
  { make: 'a Response', isWeb: true, from: rows => new Response(toPullStream(rows)) },
]
