import { correctSkew } from '@osprofiler/report'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { PageSource } from '../../src/protocol/page-source.js'
import { ShortcutsSheet } from '../shared/shortcuts-sheet.js'
import { useTheme } from '../shared/theme.js'
import { useEditorSetting } from './code/editor-setting.js'
import { DetailsPane } from './details/details-pane.js'
import { FindingsList } from './findings/findings-list.js'
import { useFindings } from './findings/use-findings.js'
import { FlameGraph } from './flame/flame-graph.js'
import { Header } from './header.js'
import type { Facts, Trace } from './model/load-trace.js'
import { createTraceModel, type TraceModel } from './model/trace-model.js'
import { usePageShortcuts } from './page-shortcuts.js'
import { StatisticsTable } from './statistics/statistics-table.js'
import { Toolbar } from './toolbar.js'
import { TRACE_SHORTCUTS } from './trace-shortcuts.js'
import { reveal, transferState, useViewState } from './view/view-state.js'
import { Minimap } from './waterfall/minimap.js'
import { Waterfall } from './waterfall/waterfall.js'
import { CauseLegend } from './why/cause-legend.js'

interface AppProps {
  readonly trace: Trace
  readonly facts: Facts
  readonly source: PageSource | undefined
}

/** Shows a trace's page: the findings, the filters, and one of the views. */
export function App({ trace, facts, source }: AppProps) {
  const { report } = trace
  const [asRecorded, setAsRecorded] = useState(false)
  const corrected = useMemo(() => correctSkew(report), [report])
  const clocksDiffer = corrected.clocks.some(({ offsetUs }) => offsetUs !== 0)
  const model = useMemo(() => createTraceModel(asRecorded ? report : corrected), [report, corrected, asRecorded])
  const { state, patch, kept, visible } = useViewState(model)
  const { theme, switchTheme } = useTheme()
  const setting = useEditorSetting(source?.editor)
  const [keysOpen, setKeysOpen] = useState(false)
  const findings = useFindings(trace, asRecorded)
  useStateTransfer(model, patch)

  const mark = (label: string, points: readonly number[]): void => {
    patch(before => ({
      ...(points[0] === undefined ? {} : reveal(model, before, points[0])),
      marked: { label, points, set: new Set(points), current: 0 },
    }))
  }
  const markInWaterfall = (label: string, points: readonly number[]): void => {
    mark(label, points)
    patch({ view: 'waterfall' })
  }
  usePageShortcuts(model, patch, { switchTheme, showKeys: () => setKeysOpen(true) })

  return (
    <>
      <Header
        {...{ model, facts, source, theme, switchTheme }}
        view={state.view}
        patch={patch}
        showKeys={() => setKeysOpen(true)}
      />
      {model.points.length === 0 ? (
        <main class="notice">
          <h2>No records</h2>
          <p>This trace has no records. The store may have deleted them, or they may not have arrived yet.</p>
        </main>
      ) : (
        <main class={`main view-${state.view}`}>
          <FindingsList findings={findings} model={model} mark={markInWaterfall} marked={state.marked} />
          {state.view !== 'statistics' && (
            <Toolbar
              {...{ model, state, patch, kept, mark }}
              clocks={clocksDiffer ? { asRecorded, setAsRecorded } : undefined}
            />
          )}
          {state.view === 'waterfall' && <CauseLegend model={model} />}
          {state.view === 'waterfall' && (
            <Minimap model={model} range={state.range} patch={patch} theme={theme} kept={kept} />
          )}
          <div class="work">
            {state.view === 'waterfall' && <Waterfall {...{ model, state, patch, kept, visible }} />}
            {state.view === 'flame' && <FlameGraph model={model} mark={markInWaterfall} marked={state.marked} />}
            {state.view === 'statistics' && <StatisticsTable model={model} mark={markInWaterfall} />}
            {state.view === 'waterfall' && state.detailsOpen && state.selected !== undefined && (
              <DetailsPane model={model} row={state.selected} kept={kept} patch={patch} {...setting} />
            )}
          </div>
        </main>
      )}
      {keysOpen && <ShortcutsSheet groups={TRACE_SHORTCUTS} close={() => setKeysOpen(false)} />}
    </>
  )
}

/** Keeps the user's choices when newer records of the same trace arrive. */
function useStateTransfer(model: TraceModel, patch: ReturnType<typeof useViewState>['patch']): void {
  const before = useRef(model)
  useEffect(() => {
    const old = before.current
    before.current = model
    if (old !== model) patch(state => transferState(state, old, model))
  }, [model, patch])
}
