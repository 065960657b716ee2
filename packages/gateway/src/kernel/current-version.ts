import type { Contract, Version } from './catalog.ts'

/**
 * Who serves at present, whom another version is held against: the control of an experiment, else the version with most of the traffic.
 * `among`: those that come into question.
 */
export function currentVersion(
  { experiment, split }: Pick<Contract, 'experiment' | 'split'>,
  among: (id: string) => boolean = () => true,
): Version | undefined {
  if (experiment && among(experiment.control.id)) return experiment.control
  const [most] = split.filter(({ version }) => among(version.id)).toSorted((a, b) => b.share - a.share)
  return most?.version
}
