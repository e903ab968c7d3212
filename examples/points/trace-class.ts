import * as profiler from '@osprofiler/core'

profiler.setNotifier(record => {
  const { name } = (record.info.function ?? {}) as { name?: string }
  if (name !== undefined) console.log(record.name, name)
})

@profiler.traceClass('rpc', { traceStaticMethods: true })
class Orders {
  static open(): Orders {
    return new Orders()
  }

  find(id: number): string {
    return this._load(id)
  }

  _load(id: number): string {
    return `order ${id}`
  }
}

class Mailer {
  @profiler.trace('mail', { hideArgs: true })
  send(to: string): string {
    return `sent to ${to}`
  }
}

profiler.run({ hmacKey: 'KEY' }, () => {
  Orders.open().find(7) // _load is private by its name: see tracePrivate
  new Mailer().send('bob@example.org')
})
