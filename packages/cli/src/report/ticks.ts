/** Round numbers within a range, about as many as wished: steps of 1, 2 or 5 times a power of ten. */
export function ticksOf(from: number, to: number, about: number): readonly number[] {
  if (!(to > from)) return [from]
  const rough = (to - from) / Math.max(1, about)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough * 0.999) ?? 10) * power
  const first = Math.ceil(from / step - 1e-9)
  const last = Math.floor(to / step + 1e-9)
  // Multiples, not sums: rounding errors don't add up, and zero is zero.
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}
