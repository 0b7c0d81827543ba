// Which paths a server serves: patterns such as `todos/*`. Knows nothing of servers.

/**
 * Whether a path is among those of some patterns: `*` stands for any characters but `/`, and `**` for any at all. Without patterns, all
 * are.
 */
export const createPathGate = (patterns: readonly string[]): ((pathId: string) => boolean) => {
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${trimSlashes(pattern)
          .split(/(\*\*?)/)
          .map((part) =>
            part === '**' ? '.*' : part === '*' ? '[^/]*' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
          )
          .join('')}$`,
        's',
      ),
  );
  return (pathId) => expressions.length === 0 || expressions.some((expression) => expression.test(pathId));
};

const trimSlashes = (path: string): string => path.replace(/^\/+|\/+$/g, '');
