import { Command } from 'commander'
import type { DeleteOptions } from '../store/remove-traces.js'
import { parseTraceName } from './parse-option.js'
import { addIdOption, addStoreOptions } from './show-options.js'

/** Creates the command `osprofiler trace delete`, which removes traces by their ids. */
export function createTraceDeleteCommand(): Command {
  const command = new Command('delete')
    .description('remove traces from the store')
    .argument('<trace-id...>', 'the ids, as `trace list` shows them', (id: string, ids: readonly string[] = []) => [
      ...ids,
      parseTraceName(id),
    ])
  return addStoreOptions(addIdOption(command)).action(async (ids: readonly string[], options: DeleteOptions) => {
    const { deleteTraces } = await import('../store/remove-traces.js')
    await deleteTraces(ids, options)
  })
}
