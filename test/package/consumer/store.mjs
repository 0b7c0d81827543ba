import {createStore} from 'holdfast';
import {createStore as createStoreFromSubpath} from 'holdfast/store';

const store = createStore();
const heard = [];
store.addCellListener('pets', null, 'sold', (_store, _tableId, rowId, _cellId, sold) =>
  heard.push([rowId, sold]),
);
store.setTables({pets: {fido: {species: 'dog', sold: false}}}).setCell('pets', 'fido', 'sold', true);
console.log(JSON.stringify([store.getContent(), heard, createStore === createStoreFromSubpath]));
