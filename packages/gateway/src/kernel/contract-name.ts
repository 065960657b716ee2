/** "spam@v1" */
export function contractName(model: string, major: number | string): string {
  return `${model}@v${major}`
}
