// What is wrong with how the program was called, or with what it needs: told in one line, without a stack.

export class CliError extends Error {
  /** 2 for wrong arguments, as is usual; 1 for everything else. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1, cause?: unknown) {
    super(message, cause === undefined ? undefined : {cause});
    this.exitCode = exitCode;
  }
}
