// Tries every way that visits no town twice.
#include <functional>
#include <iostream>
#include <vector>

struct Road {
    int to;
    long long time;
};

int main() {
    int n, m;
    std::cin >> n >> m;
    std::vector<std::vector<Road>> roads(n + 1);
    for (int i = 0; i < m; ++i) {
        int from, to;
        long long time;
        std::cin >> from >> to >> time;
        roads[from].push_back({to, time});
    }

    std::vector<bool> visited(n + 1);
    long long best = -1;
    std::function<void(int, long long)> go = [&](int town, long long time) {
        if (town == n && (best < 0 || time < best)) best = time;
        visited[town] = true;
        for (const Road &road : roads[town]) {
            if (!visited[road.to]) go(road.to, time + road.time);
        }
        visited[town] = false;
    };
    go(1, 0);
    std::cout << best << "\n";
}
