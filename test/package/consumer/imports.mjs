// Imports every published subpath, in a project in which nothing but the package is installed.
const subpaths = process.argv.slice(2);
for (const subpath of subpaths) {
  const module = await import(subpath);
  if (Object.keys(module).length === 0) {
    throw new Error(`${subpath} exports nothing`);
  }
}
console.log(`${subpaths.length} subpaths`);
