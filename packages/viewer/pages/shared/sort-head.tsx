import type { SortColumn, Sorting } from './sorting.js'

interface SortHeadProps<Column extends string> {
  readonly column: SortColumn<Column>
  readonly sorting: Sorting<Column>
  readonly class?: string | undefined
  readonly sortBy: (key: Column) => void
}

/** Shows a column's heading as a button that sorts the table. */
export function SortHead<Column extends string>({ column, sorting, class: name, sortBy }: SortHeadProps<Column>) {
  const [key, title, meaning] = column
  const order = sorting.descending ? 'descending' : 'ascending'
  return (
    <th scope="col" class={name} aria-sort={key === sorting.key ? order : undefined}>
      <button type="button" title={meaning} onClick={() => sortBy(key)}>
        {title}
      </button>
    </th>
  )
}
