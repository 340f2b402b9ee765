// Rows of a float matrix by their numbers. Its elements are of the type that elements.cl names and lie as [rows, columns].

#define ITEMS 128

// One group a row of the destination: destination[i, c] = table[rows[i] - firstRow, c], or with isAdded that in addition; nothing for a row that the table lacks.
KERNEL(ITEMS, 1) look_up(GLOBAL const element* table, int firstRow, int rowCount, int columns, GLOBAL const int* rows, int isAdded, GLOBAL float* destination)
{
    int row = rows[GROUP(0)];
    if (row < firstRow || row - firstRow >= rowCount)
    {
        return;
    }

    GLOBAL const element* source = table + (size_t)(row - firstRow) * columns;
    GLOBAL float* found = destination + (size_t)GROUP(0) * columns;
    for (int c = ITEM(0); c < columns; c += ITEMS)
    {
        float value = WIDEN(source, c);
        found[c] = isAdded ? found[c] + value : value;
    }
}
