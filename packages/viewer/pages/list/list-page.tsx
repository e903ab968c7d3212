import { useEffect, useMemo, useState } from 'preact/hooks'
import { PageHeader } from '../shared/page-header.js'
import { ShortcutsSheet } from '../shared/shortcuts-sheet.js'
import { toggleSorting } from '../shared/sorting.js'
import { useTheme } from '../shared/theme.js'
import { LIST_SHORTCUTS, useListShortcuts } from './list-shortcuts.js'
import { acceptDrops, openFile } from './loading/open-file.js'
import { compareAddress } from './loading/trace-address.js'
import { useTraceList } from './loading/use-trace-list.js'
import { RoutesPanel } from './routes/routes-panel.js'
import { TraceTable } from './table/trace-table.js'
import { useServiceColours } from './table/use-service-colours.js'
import { filterTraces, hasFilters, type SortKey, sortTraces } from './view/arrange-traces.js'
import { EmptyList } from './view/empty-list.js'
import { ListTools } from './view/list-tools.js'
import { chooseTrace, useListView } from './view/list-view.js'
import { RestOfList } from './view/rest-of-list.js'
import { SearchProgress } from './view/search-progress.js'

/** Shows the traces of a store, and updates the list while the page is visible. */
export function ListPage({ store }: { readonly store: string }) {
  const { view, change } = useListView()
  const { theme, switchTheme } = useTheme()
  const [keysOpen, setKeysOpen] = useState(false)
  const [fileProblem, setFileProblem] = useState('')
  const list = useTraceList(view)
  const colours = useServiceColours(list.traces)

  const takeFile = async (file: File): Promise<void> => {
    setFileProblem(`Opening ${file.name} ...`)
    setFileProblem(await openFile(file))
  }
  useEffect(() => acceptDrops(file => void takeFile(file)), [])

  const { search, minDuration, status, route, sorting, chosen } = view
  // The route filter does not apply to the list of routes, so that another route can be chosen.
  const candidates = useMemo(
    () => filterTraces(list.traces, { search, minDuration, status, route: '' }),
    [list.traces, search, minDuration, status],
  )
  const shown = useMemo(
    () => sortTraces(filterTraces(candidates, { search: '', minDuration: '', status: '', route }), sorting),
    [candidates, route, sorting],
  )
  const sortBy = (key: SortKey): void => {
    const startsDescending = ['timestamp', 'durationUs', 'points', 'status'].includes(key)
    change({ sorting: toggleSorting(sorting, key, startsDescending) })
  }
  const choose = (ref: string, isChosen: boolean): void =>
    change(before => ({ chosen: chooseTrace(before.chosen, ref, isChosen) }))
  useListShortcuts({
    choose: ref => change(before => ({ chosen: chooseTrace(before.chosen, ref, !before.chosen.includes(ref)) })),
    compare: () =>
      change(({ chosen: [first, second] }) => {
        if (first !== undefined && second !== undefined) location.assign(compareAddress(first, second))
        return {}
      }),
    switchFailedOnly: () => change(({ failedOnly }) => ({ failedOnly: !failedOnly })),
    switchTheme,
    showKeys: () => setKeysOpen(true),
  })

  const problem = fileProblem || list.problem
  return (
    <>
      <PageHeader title="Traces" store={store} isLive={list.problem === ''} {...{ theme, switchTheme }}>
        <span class="opening-file">
          <input
            class="sr"
            id="file"
            type="file"
            accept=".json,.jsonl,application/json"
            onChange={event => {
              const [file] = event.currentTarget.files ?? []
              // The field is cleared so that the user can choose the same file again.
              const input = event.currentTarget
              if (file !== undefined) void takeFile(file).finally(() => Object.assign(input, { value: '' }))
            }}
          />
          <label class="button" for="file">
            Open file
          </label>
        </span>
        <button type="button" class="button" onClick={() => setKeysOpen(true)} title="Keyboard shortcuts (?)">
          Keys
        </button>
      </PageHeader>
      <div class="content">
        {problem !== '' && (
          <p class="problem" role="alert">
            {problem}
          </p>
        )}
        <RoutesPanel traces={candidates} chosen={route} colours={colours} choose={key => change({ route: key })} />
        <ListTools view={view} list={list} shown={shown.length} change={change} />
        {hasFilters(view) && <SearchProgress list={list} view={view} change={change} />}
        <main class="card">
          {shown.length > 0 && (
            <TraceTable
              traces={shown}
              sorting={sorting}
              chosen={chosen}
              colours={colours}
              sortBy={sortBy}
              choose={choose}
            />
          )}
          {shown.length === 0 && <EmptyList isOpen={list.isOpen} view={view} />}
          {list.more && !hasFilters(view) && <RestOfList view={view} change={change} />}
        </main>
      </div>
      {keysOpen && <ShortcutsSheet groups={LIST_SHORTCUTS} close={() => setKeysOpen(false)} />}
    </>
  )
}
