import { pause, pickThing } from './values.js'

/** Returns the source text of a stream that a function creates. */
function source({ one, below, some }) {
  const chunks = () => `[${some(0, 4, () => one(`'a'`, `'bc'`, `Buffer.from('d')`)).join(', ')}]`
  return one(
    () => `Readable.from(${chunks()}${one('', ', { objectMode: false }')})`,
    () => `new Readable({ read() { this.push(${one(`'a'`, 'null')}); this.push(null) } })`,
    () =>
      `new Readable({ highWaterMark: 2, read() { ${one('this.destroy(T(1))', 'throw T(1)', `if (this.done) return; this.done = this.push('a'); process.nextTick(() => this.destroy(T(1)))`)} } })`,
    () => `Readable.from((async function* () { yield 'a'; await later.tick(); ${one(`yield 'b'`, 'throw T(1)')} })())`,
    () =>
      `new ReadableStream({ start(out) { ${some(0, 3, () => `out.enqueue('w')`).join('; ')}; ${one('out.close()', 'out.error(T(1))')} }, cancel(reason) { log('canceled', reason) } })`,
    () =>
      `new ReadableStream({ async pull(out) { await later.microtasks(${below(4)}); out.enqueue('p'); out.close() } })`,
    () => `ReadableStream.from?.(${chunks()}) ?? Readable.from([])`,
    () => `Readable.from(${chunks()}).${one('map', 'filter')}(each => each)`,
    () => `new Response('of a response').body`,
  )
}

/** Returns source text that uses the stream that `f` creates. Chooses one of many ways. */
function reading(choices) {
  const { one } = choices
  const end = `.then(() => log('finished'), error => log('failed', error))`
  const sink = () =>
    one(
      `new Writable({ write(chunk, _, done) { log('written', String(chunk)); done() }, final(done) { log('final'); done() } })`,
      `new Writable({ objectMode: true, write(chunk, _, done) { process.nextTick(done) } })`,
      `new Writable({ write(chunk, _, done) { done(T(1)) } })`,
    )
  const transform = () =>
    one(
      `new Transform({ transform(chunk, _, done) { log('transformed'); done(null, chunk) }, flush(done) { done(null, 'flushed') } })`,
      `t`,
      `trace('step', async function* (all) { for await (const each of all) { log('step', String(each)); yield each } })`,
      () =>
        `trace('step', async function* (all) { ${one('', `for await (const each of all) yield String(each)`)}; throw T(1) })`,
    )
  return one(
    () =>
      `for await (const each of f()) { log('each', String(each)); ${one('', 'break', `await ${pause(choices)}`, 'throw T(1)')} }`,
    () => `await pipeline(f(), ${transform()}, ${sink()})${end}`,
    () => `await pipeline(f(), ${sink()})${end}`,
    () =>
      `const stream = f(); for (const event of ['data', 'end', 'close', 'error', 'pause', 'resume']) stream.on(event, each => log(event, each instanceof Error ? each : String(each)))`,
    () =>
      `const stream = f(); stream.on('error', error => log('error', error)); stream.pipe(${sink()}).on('finish', () => log('finish')).on('error', error => log('sink', error))`,
    () =>
      `const stream = f(); log('counts', stream.eventNames().map(String).join(), stream.listenerCount('error'), stream.readableFlowing, stream.readableLength)`,
    () =>
      `const reader = f().getReader(); for (;;) { const { done, value } = await reader.read(); log('read', done, String(value)); if (done) break${one('', `; await reader.cancel('enough'); break`)} }; log('closed', await reader.closed)`,
    () => `log('text', await new Response(f()).text())`,
    () => `const [one, two] = f().tee(); log('texts', await new Response(one).text(), await new Response(two).text())`,
    () =>
      `await f().pipeThrough(new TransformStream()).pipeTo(new WritableStream({ write(chunk) { log('written', String(chunk)) }, abort(reason) { log('aborted', reason) } }))${end}`,
    () => `f().destroy?.(${pickThing(choices)})`,
    () =>
      `const stream = f(); await finished(stream)${end}; log('state', stream.destroyed, stream.errored, stream.closed)`,
    () => `log('array', (await f().toArray()).length)`,
    () => `log('of', Object.keys(f()).length, f().constructor.name)`,
  )
}

/** Generates a program about streams that traced functions return or read. */
export function streamProgram(choices) {
  const { one, some } = choices
  const reader = () => {
    const text = `async () => { ${reading(choices)} }`
    return one(text, `trace('reads', ${text})`)
  }
  return `const t = block('made', () => new Transform({ transform(chunk, _, done) { block('in', () => done(null, chunk)) } }))
const f = ${one('trace', 'twice')}('f', function f() { return ${source(choices)} })
enter(() => {
  ${some(1, 2, () => `attempt(${reader()})`).join('\n  ')}
})`
}
