namespace Puna.Evaluation.Grading.Fields;

/// <summary>Pairs the rows and columns of a table so that the sum of the chosen values is largest (Hungarian method, O(rows² · columns)).</summary>
internal static class Assignment
{
    /// <summary>For each row the column it is paired with, -1 where there are fewer columns.</summary>
    /// <param name="values">What each pair is worth, [rows, columns].</param>
    public static int[] Best(double[,] values)
    {
        int rows = values.GetLength(0), columns = values.GetLength(1), n = Math.Max(rows, columns);

        // Shortest augmenting paths over costs -value, with potentials u, v; index 0 is the start of a path. Missing cells cost 0.
        double[] u = new double[n + 1], v = new double[n + 1];
        int[] rowOf = new int[n + 1], previous = new int[n + 1];
        double[] distance = new double[n + 1];
        bool[] visited = new bool[n + 1];
        for (int row = 1; row <= n; row++)
        {
            rowOf[0] = row;
            int column = 0;
            Array.Fill(distance, double.PositiveInfinity);
            Array.Clear(visited);
            do
            {
                visited[column] = true;
                int from = rowOf[column], nearest = 0;
                double step = double.PositiveInfinity;
                for (int j = 1; j <= n; j++)
                {
                    if (visited[j]) continue;
                    double cost = (from <= rows && j <= columns ? -values[from - 1, j - 1] : 0) - u[from] - v[j];
                    if (cost < distance[j]) (distance[j], previous[j]) = (cost, column);
                    if (distance[j] < step) (step, nearest) = (distance[j], j);
                }

                for (int j = 0; j <= n; j++)
                {
                    if (visited[j])
                    {
                        u[rowOf[j]] += step;
                        v[j] -= step;
                    }
                    else
                    {
                        distance[j] -= step;
                    }
                }

                column = nearest;
            }
            while (rowOf[column] != 0);

            for (; column != 0; column = previous[column]) rowOf[column] = rowOf[previous[column]];
        }

        int[] result = new int[rows];
        Array.Fill(result, -1);
        for (int j = 1; j <= columns; j++)
        {
            if (rowOf[j] >= 1 && rowOf[j] <= rows) result[rowOf[j] - 1] = j - 1;
        }

        return result;
    }
}
