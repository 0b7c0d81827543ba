// Finds the code blocks of a document: of Markdown, and of the doc comments of a declaration file.
// Knows nothing of what they do.

export type Block = {
  /** What stands behind the fence: `js`, `` for nothing. */
  readonly language: string;
  /** What stands behind the language: `ignore`. */
  readonly flags: string;
  readonly code: string;
  /** The line of the code's first line in the document, from 1. */
  readonly line: number;
  /** The heading above in Markdown; what the doc comment describes in a declaration file. */
  readonly subject: string;
};

const FENCE = /^```(\w*) *(.*)$/;

/** The fenced blocks of a Markdown text, in order. */
export const markdownBlocks = (text: string): Block[] => {
  let heading = '';
  return fencedBlocks(text.split('\n'), 1, (line) => {
    heading = /^#+ +(.*)$/.exec(line)?.[1] ?? heading;
    return heading;
  });
};

/** The fenced blocks in the doc comments of a declaration file, in order. */
export const docCommentBlocks = (text: string): Block[] => {
  const lines = text.split('\n');
  const blocks: Block[] = [];
  for (let start = 0; start < lines.length; start++) {
    if (/^\s*\/\*\*$/.test(lines[start] ?? '')) {
      const end = lines.findIndex((line, index) => index > start && /^\s*\*\/$/.test(line));
      const subject = /(\w+)\W*$/.exec(/^[^(<:=;{]*/.exec(lines[end + 1] ?? '')?.[0] ?? '')?.[1] ?? '';
      const comment = lines.slice(start + 1, end).map((line) => line.replace(/^\s*\* ?/, ''));
      blocks.push(...fencedBlocks(comment, start + 2, () => subject));
      start = end;
    }
  }
  return blocks;
};

const fencedBlocks = (
  lines: readonly string[],
  firstLine: number,
  subjectAt: (line: string) => string,
): Block[] => {
  const blocks: Block[] = [];
  let open: {language: string; flags: string; from: number; subject: string} | undefined;
  lines.forEach((line, index) => {
    const fence = FENCE.exec(line);
    if (fence === null) {
      open === undefined && subjectAt(line);
    } else if (open === undefined) {
      const [, language = '', flags = ''] = fence;
      open = {language, flags, from: index + 1, subject: subjectAt('')};
    } else {
      const {from, ...rest} = open;
      blocks.push({...rest, code: lines.slice(from, index).join('\n'), line: firstLine + from});
      open = undefined;
    }
  });
  return blocks;
};
