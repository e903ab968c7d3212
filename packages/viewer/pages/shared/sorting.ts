/** The order of a table: the key of the column, and the direction. */
export interface Sorting<Column extends string> {
  readonly key: Column
  readonly descending: boolean
}

/** A column by which a table can be sorted: its key, its title, and the meaning of its values. */
export type SortColumn<Column extends string> = readonly [key: Column, title: string, meaning?: string]

/** Returns the order after a press of a column's button. A second press reverses the order. */
export function toggleSorting<Column extends string>(
  { key, descending }: Sorting<Column>,
  pressed: Column,
  startsDescending: boolean,
): Sorting<Column> {
  return { key: pressed, descending: pressed === key ? !descending : startsDescending }
}

/** Compares two strings or two numbers for `sort`. */
export function compare<Value extends string | number>(left: Value, right: Value): number {
  return left === right ? 0 : left < right ? -1 : 1
}
