/** A closed interval; an unbounded side is -Infinity or Infinity. */
export interface Interval {
  readonly lower: number
  readonly upper: number
}

export const everything: Interval = { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY }

export const around = (centre: number, radius: number): Interval =>
  Number.isFinite(radius) ? { lower: centre - radius, upper: centre + radius } : everything

export const contains = ({ lower, upper }: Interval, value: number): boolean => lower <= value && value <= upper
