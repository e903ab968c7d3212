/** The column by which a table is sorted. */
export interface Sorting<Column extends string> {
  readonly key: Column
  readonly descending: boolean
}

/** A column of a table that can be sorted: its key, its title, and what its figures mean. */
export type SortColumn<Column extends string> = readonly [key: Column, title: string, meaning?: string]

/** The sorting once a column's button was pressed: a second press turns the order round. */
export function pressColumn<Column extends string>(
  { key, descending }: Sorting<Column>,
  pressed: Column,
  startsDescending: boolean,
): Sorting<Column> {
  return { key: pressed, descending: pressed === key ? !descending : startsDescending }
}

/** For `sort`: the smaller of two texts, or of two numbers, comes first. */
export function compare<Value extends string | number>(left: Value, right: Value): number {
  return left === right ? 0 : left < right ? -1 : 1
}
